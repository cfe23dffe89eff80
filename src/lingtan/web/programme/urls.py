"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.programme import views

urlpatterns: list[URLPattern] = [
    path("today/", views.today, name="tasks"),
    path("messages/", views.messages, name="messages"),
    path("messages/read/", views.read_all, name="messages_read"),
    path("messages/preferences/", views.preferences, name="preferences"),
    path("messages/<int:pk>/", views.open_message, name="message"),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/cancel/", views.cancel, name="job_cancel"),
]
