"""One declarative file per record type gives list, form, detail, API, Excel, history, menu and permission tests."""
