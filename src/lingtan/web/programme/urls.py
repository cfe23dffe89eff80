"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.programme import sources, views  # noqa: F401 - what waits elsewhere must be known where pages are

urlpatterns: list[URLPattern] = [
    path("today/", views.today, name="tasks"),
    path("messages/", views.messages, name="messages"),
    path("messages/read/", views.read_all, name="messages_read"),
    path("messages/preferences/", views.preferences, name="preferences"),
    path("messages/<int:pk>/", views.open_message, name="message"),
    path("messages/deliveries/", views.deliveries, name="deliveries"),
    path("messages/deliveries/<int:pk>/again/", views.delivery_again, name="delivery_again"),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<int:pk>/", views.job, name="job"),
    path("jobs/<int:pk>/cancel/", views.cancel, name="job_cancel"),
    path("jobs/<int:pk>/again/", views.again, name="job_again"),
]
