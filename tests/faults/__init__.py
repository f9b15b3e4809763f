"""Processes killed and stores taken away under the running platform: nothing is lost, nothing happens twice."""
