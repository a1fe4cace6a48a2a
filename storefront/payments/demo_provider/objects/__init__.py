"""The API's objects as JSON. Fields that this provider never fills are there all the same, as at the real one."""

API_VERSION = "2026-10-28.endive"
