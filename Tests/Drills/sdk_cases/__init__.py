"""Calls that mean the same in the envelope's dialect and in that of a provider's own SDK: a module a provider."""
