"""What Azure offers: models, regions, limits, roles, prices, dates. Tables with sources and a date; nothing here asks the network."""
