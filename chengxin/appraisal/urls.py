from django.urls import path

from chengxin.appraisal.views import ledger, rounds, titles

app_name = "appraisal"
urlpatterns = [
    path("own/", ledger.own, name="own"),
    path("own/<int:year>/", ledger.own, name="own_of"),
    path("verdicts/", ledger.verdicts_now, name="verdicts_now"),
    path("verdicts/<int:year>/", ledger.verdicts, name="verdicts"),
    path("verdicts/<int:year>/<int:pk>/", ledger.verdict, name="verdict"),
    path("simulation/", ledger.simulation, name="simulation"),
    path("rounds/", rounds.rounds, name="rounds"),
    path("rounds/<int:year>/", rounds.round_, name="round"),
    path("rounds/<int:year>/<str:name>/", rounds.act, name="act"),
    path("nominations/", rounds.nominations, name="nominations"),
    path("nominations/<int:pk>/withdraw/", rounds.withdraw, name="withdraw"),
    path("publicity/", rounds.publicity, name="publicity"),
    path("publicity/nominations/<int:pk>/object/", rounds.object_, name="object"),
    path("publicity/titles/<int:pk>/object/", rounds.object_title, name="object_title"),
    path("publicity/objections/<int:pk>/decide/", rounds.decide, name="decide"),
    path("titles/", titles.titles, name="titles"),
    path("titles/nominate/", titles.nominate, name="nominate_title"),
    path("titles/<int:pk>/", titles.title, name="title"),
    path("titles/<int:pk>/publish/", titles.publish, name="publish_title"),
    path("titles/<int:pk>/grant/", titles.grant, name="grant_title"),
    path("titles/<int:pk>/decline/", titles.decline, name="decline_title"),
    path("titles/<int:pk>/revoke/", titles.revoke, name="revoke_title"),
    path("titles/<int:pk>/files/<uuid:file>/", titles.evidence, name="evidence"),
]
