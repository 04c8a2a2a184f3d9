"""The clients of a measurement, many in one process: they hear (`crowd`), ask (`askers`), shop (`shoppers`)."""
