#!/usr/bin/env python3
"""json_schema_verdicts.py PAIRS VERDICTS: how the answers in a file stand to their schemas.

A line of PAIRS is {"schema": …, "answer": …}; its line of VERDICTS is `fits`, `misfits`, or `endless` where references lead to themselves.
"""
import json
import sys

from jsonschema import Draft202012Validator


def verdict(pair):
    try:
        return "fits" if Draft202012Validator(pair["schema"]).is_valid(pair["answer"]) else "misfits"
    except BaseException as error:
        # Some of its parts wrap the RecursionError.
        if "RecursionError" in repr(error):
            return "endless"
        raise


with open(sys.argv[1], encoding="utf-8") as pairs, open(sys.argv[2], "w", encoding="utf-8") as verdicts:
    for line in pairs:
        print(verdict(json.loads(line)), file=verdicts)
