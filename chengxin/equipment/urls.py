from django.urls import path

from chengxin.equipment.views import counts, custody, faults, items, kiosk, stock

app_name = "equipment"
urlpatterns = [
    path("mine/", items.own, name="own"),
    path("items/", items.items, name="items"),
    path("items/new/", items.register_item, name="register"),
    path("items/labels/", items.labels, name="labels"),
    path("items/<int:pk>/", items.item, name="item"),
    path("items/<int:pk>/<str:what>/", items.change, name="change"),
    path("import/", items.import_items, name="import"),
    path("import/template/", items.import_template, name="import_template"),
    path("import/<int:pk>/", items.import_preview, name="import_preview"),
    path("renewals/", items.renewals, name="renewals"),
    path("counter/", custody.counter, name="counter"),
    path("countersign/", custody.countersign, name="countersign"),
    path("custodies/", custody.custodies, name="custodies"),
    path("cards/", custody.cards, name="cards"),
    path("kiosk/", kiosk.kiosk, name="kiosk"),
    path("kiosk/worker.js", kiosk.worker, name="kiosk_worker"),
    path("faults/", faults.faults, name="faults"),
    path("faults/<int:pk>/", faults.fault, name="fault"),
    path("faults/<int:pk>/photos/<int:number>/", faults.fault_photo, name="fault_photo"),
    path("faults/<int:pk>/<str:name>/", faults.fault_step, name="fault_step"),
    path("counts/", counts.counts, name="counts"),
    path("counts/worker.js", counts.worker, name="count_worker"),
    path("counts/<int:pk>/", counts.count, name="count"),
    path("counts/<int:pk>/scans/", counts.count_scans, name="count_scans"),
    path("counts/<int:pk>/close/", counts.close_count, name="close_count"),
    path("counts/<int:pk>/devices/<int:device>/give-up/", counts.give_up_device, name="give_up_device"),
    path("differences/<int:pk>/settle/", counts.settle, name="settle"),
    path("stock/", stock.stock, name="stock"),
    path("uniforms/", stock.uniforms, name="uniforms"),
    path("uniforms/<int:pk>/", stock.uniform, name="uniform"),
    path("uniform-issues/<int:pk>/take-back/", stock.take_back, name="take_back"),
    path("sizes/", stock.sizes, name="sizes"),
]
