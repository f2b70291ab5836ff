"""A stand-in for Pulumi's azure-native plugin: a table of resource types and one small engine that forwards to Azure Resource Manager.

Rules of behaviour follow the plugin's public source (github.com/pulumi/pulumi-azure-native, provider/pkg, version 3).
"""
