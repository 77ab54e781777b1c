"""The command `openspm`: one module a group of commands.

Modules of commands import nothing heavy at the top, so that `openspm --help` answers at once; each command imports what
it needs when it runs. What a command computes lives in the package that owns it; here is only asking and showing.

    main         the command's entry: groups, errors, exit codes
    options      options that many commands share, and finding the company folder
    terminal     texts, tables, JSON and progress on a terminal
    runs         demo, run, dev          run_summary    what came out of a run
    folders      init, check             folder_check   what is wrong in a company folder, and which marts stay empty
    landings     sources, reland         doctor_checks  doctor
    plans        plan lint, test, explain
    generations  warehouse generations, rollback
    queries      query
    simulation   simulate                fakes          fake
    reference    docs/command_line.md from the commands themselves
"""
