"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import path

from lingtan.web.park import views

urlpatterns = [
    path("folder/", views.folder, name="folder"),
    path("folder/export/", views.export, name="folder_export"),
    path("folder/back/<str:mark>/", views.back, name="folder_back"),
    path("folder/<str:mark>/", views.waiting, name="folder_waiting"),
    path("settings/", views.settings, name="settings"),
]
