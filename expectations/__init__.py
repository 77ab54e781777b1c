"""The two gates: is what came in fit to use, and is what would go out safe to hand out?

`gate.run_gate` judges a candidate in this process; `worker_client.GateWorker` does it in a child that can be started
ahead of time, because importing Great Expectations takes seconds. Only `gate`, `checks`, `data_docs` and the running
`worker` import it.
The rules are data: `suites/sources/*.yml` and `suites/published/*.yml`.
"""
