"""The outcome of a check, in the forms that people and programs read.

text_report     faults first, each with what shows it and how to fix it
json_report     one JSON object
github_report   annotations of a GitHub workflow
junit_report    JUnit's XML, a case for each rule
sarif_report    SARIF 2.1.0, for code scanning
"""
