"""The endpoints of the REST API, one file per noun.

A route reads its parameters, calls one service and returns its answer.
"""
