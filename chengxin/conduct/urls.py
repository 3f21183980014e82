from django.urls import path

from chengxin.conduct.views import cards, coaching, reviews, transcripts

app_name = "conduct"
urlpatterns = [
    path("cards/", cards.cards, name="cards"),
    path("cards/<slug:scene>/", cards.card, name="card"),
    path("mine/", cards.own, name="own"),
    path("sign-offs/", cards.sign_offs, name="sign_offs"),
    path("reviews/", reviews.reviews, name="reviews"),
    path("reviews/<int:pk>/", reviews.review, name="review"),
    path("sheets/<int:pk>/correct/", reviews.correct, name="correct"),
    path("moments/", transcripts.moments, name="moments"),
    path("moments/<int:pk>/", transcripts.moment, name="moment"),
    path("moments/<int:pk>/nominate/", transcripts.nominate, name="nominate"),
    path("transcripts/new/", transcripts.new, name="new_transcript"),
    path("transcripts/<int:pk>/", transcripts.transcript, name="transcript"),
    path("coachings/", coaching.coachings, name="coachings"),
    path("coachings/new/", coaching.coach, name="coach"),
    path("coachings/<int:pk>/", coaching.detail, name="coaching"),
    path("coachings/<int:pk>/follow-up/", coaching.follow_up, name="follow_up"),
    path("coachings/<int:pk>/close/", coaching.close, name="close_coaching"),
    path("rates/", coaching.rates, name="rates"),
]
