"""Addresses of the room below ``/p/<park>/registers/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.sheets import views

urlpatterns: list[URLPattern] = [
    path("<slug:slug>/export.<str:kind>", views.export, name="register_export"),
    path("<slug:slug>/template.xlsx", views.blank, name="register_template"),
    path("<slug:slug>/upload/", views.upload, name="register_upload"),
    path("<slug:slug>/upload/<int:pk>/", views.batch, name="sheet_batch"),
    path("<slug:slug>/upload/<int:pk>/apply/", views.apply, name="sheet_apply"),
    path("<slug:slug>/upload/<int:pk>/undo/", views.undo, name="sheet_undo"),
]
