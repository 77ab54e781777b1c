"""Writing back to a CRM: scores, next actions, attainment and tasks, from what is published, never from a candidate.

settings    the block `sync` of company.yml: which mart's columns go to which fields; without it nothing is written
subjects    the rows that can be written, read from the published file
changes     what differs between them and what the CRM shows
tasks       due actions as tasks, each once
writer      what a CRM has to be able to do; each kind implements it in openspm/sources/<kind>/writing.py
run         all of it in order: read, compare, check the caps, and only then write
"""
