//go:build tools

// Package languagehost pins the last tagged Python language host (it is a module of its own, without tags, from 3.80 on).
package languagehost

import _ "github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
