"""The transformer, measured: models, arithmetic, tables and figures."""
