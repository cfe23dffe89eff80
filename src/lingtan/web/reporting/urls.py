"""Addresses of the room below ``/p/<park>/``."""

from __future__ import annotations

from django.urls import URLPattern, path

from lingtan.web.reporting.pages import bring, fill, forms, months, office, overdue, statistics, upload

urlpatterns: list[URLPattern] = [
    path("reports/", office.reports, name="reports"),
    path("reports/calendar/", office.calendar, name="report_calendar"),
    path("reports/begin/", fill.begin, name="report_begin"),
    path("reports/overdue/", overdue.page, name="report_overdue"),
    path("reports/months/", months.page, name="report_months"),
    path("reports/months/<str:month>/<str:action>/", months.move, name="report_month_move"),
    path("reports/imports/", bring.page, name="report_imports"),
    path("reports/imports/<int:pk>/<str:action>/", bring.settle, name="report_import_settle"),
    path("reports/statistics/", statistics.page, name="report_statistics"),
    path("reports/statistics/<str:form>/", statistics.bureau_form, name="report_bureau_form"),
    path("reports/statistics/<str:form>/mapping/", statistics.set_up, name="report_bureau_mapping"),
    path("reports/forms/", forms.forms, name="report_forms"),
    path("reports/forms/new/", forms.draft, name="report_form_new"),
    path("reports/forms/<int:pk>/", forms.form, name="report_form"),
    path("reports/forms/<int:pk>/edition/", forms.edition, name="report_form_edition"),
    path("reports/<int:pk>/", fill.report, name="report"),
    path("reports/<int:pk>/save/", fill.save, name="report_save"),
    path("reports/<int:pk>/do/<str:action>/", fill.move, name="report_move"),
    path("reports/<int:pk>/correct/", fill.correct, name="report_correct"),
    path("reports/<int:pk>/amend/", fill.amend, name="report_amend"),
    path("reports/<int:pk>/review/", office.review, name="report_review"),
    path("reports/<int:pk>/excel/", upload.excel, name="report_excel"),
    path("reports/<int:pk>/upload/", upload.upload, name="report_upload"),
    path("reports/<int:pk>/documents/<int:document>/", upload.document, name="report_document"),
    path("reports/lines/<int:pk>/", fill.save_line, name="report_line"),
    path("reports/lines/<int:pk>/attach/", fill.attach, name="report_attach"),
    path("reports/lines/<int:pk>/detach/<int:document>/", fill.detach, name="report_detach"),
    path("reports/lines/<int:pk>/say/", fill.say, name="report_say"),
]
