//go:build tools

// Package engine pins the Pulumi CLI that toolchain/install_pulumi.py builds where the vendor's installer cannot be reached.
package engine

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
