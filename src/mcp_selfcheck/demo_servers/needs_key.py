"""A server that ends when its API key is not in the environment."""

import os
import sys

if "WEATHER_API_KEY" not in os.environ:
    sys.exit("Error: the environment variable WEATHER_API_KEY is required")
