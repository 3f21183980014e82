from django.urls import path

from chengxin.contests.views import board, judging, organising

app_name = "contests"
urlpatterns = [
    path("", organising.contests, name="list"),
    path("new/", organising.new, name="new"),
    path("mine/", board.own, name="own"),
    path("<int:pk>/", organising.detail, name="detail"),
    path("<int:pk>/rules/", organising.contest_rules, name="rules"),
    path("<int:pk>/enter/", organising.enter, name="enter"),
    path("<int:pk>/entries/<int:entry>/withdraw/", organising.withdraw, name="withdraw"),
    path("<int:pk>/judges/", organising.appoint, name="appoint"),
    path("<int:pk>/judges/<int:judge>/release/", organising.release, name="release"),
    path("<int:pk>/judging/<slug:round_code>/", judging.judging, name="judging"),
    path("<int:pk>/judging/<slug:round_code>/<int:number>/", judging.send, name="send"),
    path("<int:pk>/judging/<slug:round_code>/<int:number>/withdraw/", judging.withdraw, name="withdraw_sheet"),
    path("<int:pk>/board/", board.board, name="board"),
    path("<int:pk>/board/rows/", board.board_rows, name="board_rows"),
    path("<int:pk>/paper/", board.paper, name="paper"),
    path("<int:pk>/export/", board.export, name="export"),
    path("<int:pk>/snapshot/", board.snapshot, name="snapshot"),
    path("<int:pk>/draw-record/", board.draw_file, name="draw_file"),
    path("<int:pk>/<slug:name>/", organising.step, name="step"),
]
