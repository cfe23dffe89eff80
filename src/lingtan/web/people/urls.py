"""Addresses of the room: below ``/p/<park>/``, and (``site``) those that belong to no park."""

from __future__ import annotations

from django.urls import URLPattern, path, re_path

from lingtan.web.people.pages import park as views
from lingtan.web.people.pages import site as pages

ACT = "(?P<act>confirm|renew|withdraw)"
urlpatterns: list[URLPattern] = [
    path("people/", views.people, name="people"),
    path("people/invite/", views.invite, name="people_invite"),
    re_path(rf"^people/offers/(?P<pk>\d+)/{ACT}/$", views.offer, name="people_offer"),
    path("people/<int:pk>/revoke/", views.revoke, name="people_revoke"),
    path("audit/", views.park_audit, name="park_audit"),
    path("printed/", views.printed, name="printed"),
]
site: list[URLPattern] = [
    path("invitation/<str:token>/", pages.invitation, name="invitation"),
    path("me/", pages.profile, name="profile"),
    path("me/kept/", pages.kept, name="kept"),
    path("installation/parks/", pages.parks, name="site_parks"),
    path("installation/accounts/", pages.accounts, name="site_accounts"),
    path("installation/accounts/<int:pk>/", pages.account, name="site_account"),
    path("installation/administrators/", pages.administrators, name="site_administrators"),
    path("installation/administrators/invite/<str:role>/", pages.administrator_invite, name="site_invite"),
    re_path(rf"^installation/administrators/offers/(?P<pk>\d+)/{ACT}/$", pages.administrator_offer, name="site_offer"),
    path("installation/administrators/<int:pk>/revoke/", pages.administrator_revoke, name="site_revoke"),
    path("installation/audit/", pages.site_audit, name="site_audit"),
]
