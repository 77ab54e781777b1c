"""What sources have in common that are asked over HTTP: Salesforce, HubSpot, Stripe, QuickBooks.

    settings      what every such block of company.yml has
    session       one request until it is answered, refused or given up: retries, deadline, tokens, exact JSON
    bodies        JSON that is sent, with all digits
    credentials   how a request says who sends it
    pages         answers kept as they came, in one archived file an object, and read again from there
    mapping       mapping.yml of a vendor: canonical columns as expressions over an object's fields, one line a column
    cursors       what is read: all of an object, or what changed since the mark of the newest batch
    children      what a changed record lost, such as lines of an invoice
    parallel      several requests at once, answers in their order
    reading       the objects of an extraction into the archive, several at once
    extraction    what one extraction was planned to read, what it has read, and the rows of a table from that
    source        the source itself: what is common to its `extract` and `check`

A vendor's folder holds its client (`visible`, `read`, `records`), its settings, its mapping.yml and a README. Nothing
here knows a vendor. Whatever is read is archived first and mapped from the archive, so `openspm reland` can map it
anew.
"""
