"""A server that needs a module which is not installed."""

import weather_forecast_client  # noqa: F401
