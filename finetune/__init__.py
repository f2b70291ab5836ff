"""The domain of fine-tuned models on Azure: settings, data, catalogue, clients, training. Nothing here imports Pulumi resources."""
