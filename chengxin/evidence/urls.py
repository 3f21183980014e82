from django.urls import path

from chengxin.evidence.views import coverage, keeping, recordings, reviews, uploads, viewing

app_name = "evidence"
urlpatterns = [
    path("recordings/", recordings.recordings, name="recordings"),
    path("mine/", recordings.own, name="own"),
    path("unattributed/", recordings.unattributed, name="unattributed"),
    path("recordings/<int:pk>/", recordings.recording, name="recording"),
    path("recordings/<int:pk>/view/", recordings.view, name="view"),
    path("recordings/<int:pk>/<slug:name>/", recordings.act, name="act"),
    path("viewings/<uuid:key>/", viewing.player, name="viewing"),
    path("viewings/<uuid:key>/picture/", viewing.picture, name="picture"),
    path("viewings/<uuid:key>/content/", viewing.content, name="content"),
    path("gaps/", coverage.gaps, name="gaps"),
    path("gaps/<int:pk>/explain/", coverage.explain, name="explain_gap"),
    path("gaps/<int:pk>/decide/", coverage.decide, name="decide_gap"),
    path("custodies/<int:pk>/explain/", coverage.explain_duty, name="explain_duty"),
    path("coverage/", coverage.coverage, name="coverage"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<int:year>/<int:month>/", reviews.month, name="review_month"),
    path("reviews/<int:year>/<int:month>/file/", reviews.file, name="review_file"),
    path("reviews/one/<int:pk>/", reviews.one, name="review"),
    path("reviews/one/<int:pk>/replace/", reviews.replace, name="replace_review"),
    path("matters/", keeping.matters, name="matters"),
    path("matters/<int:pk>/close/", keeping.close_matter, name="close_matter"),
    path("expiry/", keeping.expiry, name="expiry"),
    path("expiry/<int:pk>/", keeping.expiry_list, name="expiry_list"),
    path("expiry/<int:pk>/approve/", keeping.approve, name="approve_expiry"),
    path("expiry/<int:pk>/withdraw/", keeping.withdraw, name="withdraw_expiry"),
    path("store/", keeping.store, name="store"),
    path("uploads/", uploads.collection, name="uploads"),
    path("uploads/<uuid:pk>/", uploads.one, name="upload_one"),
    path("upload/", uploads.upload_page, name="upload"),
]
