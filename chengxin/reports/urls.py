from django.urls import path

from chengxin.reports.views import exports, indicators, packages, wall

app_name = "reports"
urlpatterns = [
    path("", packages.packages, name="packages"),
    path("indicators/", indicators.indicators, name="indicators"),
    path("indicators/<slug:code>/facts/", indicators.facts, name="facts"),
    path("wall/", wall.wall, name="wall"),
    path("wall/now/", wall.now, name="wall_now"),
    path("justice/", exports.exports, name="exports"),
    path("justice/<int:pk>/", exports.export, name="export"),
    path("justice/<int:pk>/decide/", exports.decide, name="decide_export"),
    path("justice/<int:pk>/file/", exports.download, name="export_file"),
    path("<int:year>/", packages.package, name="package"),
    path("<int:year>/measures/", packages.add_measure, name="add_measure"),
    path("<int:year>/measures/<int:pk>/", packages.change_measure, name="change_measure"),
    path("<int:year>/carry/", packages.carry, name="carry"),
    path("<int:year>/freeze/", packages.freeze, name="freeze"),
    path("<int:year>/issue/", packages.issue, name="issue"),
    path("<int:year>/errata/", packages.erratum, name="erratum"),
    path("<int:year>/file/", packages.download, name="file"),
]
