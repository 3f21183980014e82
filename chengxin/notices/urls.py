from django.urls import path

from chengxin.notices.views import log, own, robots

app_name = "notices"
urlpatterns = [
    path("", own.notices, name="own"),
    path("read/", own.read_all, name="read_all"),
    path("<int:pk>/read/", own.read, name="read"),
    path("settings/", own.settings_page, name="settings"),
    path("settings/address/", own.address, name="address"),
    path("settings/code/", own.code, name="code"),
    path("settings/address/remove/", own.remove_address, name="remove_address"),
    path("settings/test/", own.test_email, name="test_email"),
    path("robots/", robots.robots, name="robots"),
    path("robots/<int:pk>/approve/", robots.approve, name="approve_robot"),
    path("robots/<int:pk>/stop/", robots.stop, name="stop_robot"),
    path("robots/<int:pk>/test/", robots.test, name="test_robot"),
    path("log/", log.log, name="log"),
]
