"""The gate as a child process: `python -m expectations.worker`, one JSON object a line on stdin and on stdout.

The child imports Great Expectations first, so a run that starts it early pays nothing for the import. Protocol:

1. The child writes `{"status": "ready"}` when it has imported everything.
2. The parent writes a command:

       {"command": "gate", "gate": "sources" | "published", "candidate": "<absolute path of a DuckDB file>",
        "previous": "<absolute path of the published warehouse>" | null,
        "settings": {"most_quarantined_ratio": 0.02, ...},
        "data_docs": "<folder to write the report for auditors to>" | null, "docs": "failure" | "always"}

   `settings` is the `gates` block of company.yml, already validated or not; unknown names are refused.
3. The child answers `{"status": "done", "result": {...}}`, see `results.GateResult.from_mapping`, or
   `{"status": "error", "message": "...", "where": "...", "next_step": "..."}` and waits for the next command.
   It has closed the candidate before it answers.
4. `{"command": "stop"}` or the end of stdin ends it.

Whatever Great Expectations prints goes to stderr. `worker_client.GateWorker` speaks this protocol.
"""
