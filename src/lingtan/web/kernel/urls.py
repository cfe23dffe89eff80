"""Addresses of the room below ``/p/<park>/registers/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.kernel import views

urlpatterns: list[URLPattern] = [
    path("", views.index, name="registers"),
    path("<slug:slug>/", views.rows, name="register_list"),
    path("<slug:slug>/new/", views.create, name="register_create"),
    path("<slug:slug>/columns/", views.columns, name="register_columns"),
    path("<slug:slug>/options/<str:name>/", views.options, name="register_options"),
    path("<slug:slug>/<int:pk>/", views.detail, name="register_detail"),
    path("<slug:slug>/<int:pk>/history/", views.past, name="register_history"),
    path("<slug:slug>/<int:pk>/edit/", views.edit, name="register_edit"),
    path("<slug:slug>/<int:pk>/remove/", views.remove, name="register_remove"),
]
