"""Forecasts and scores: features as of a date, scikit-learn pipelines, evaluation against baselines, model cards."""
