"""The platform: Django pages and API over the computing rooms.

Sub-rooms: kernel, people, park, metering, account, reporting, programme, publish, api; ``docs/develop/web.md`` says
who owns what and which faces they have.
"""
