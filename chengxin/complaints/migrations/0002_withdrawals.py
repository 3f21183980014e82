from django.db import migrations, models

# requests that were hidden by the closing of their complaint and never decided
OVER = """UPDATE complaints_pause pause SET withdrawn_at = coalesce(complaint.closed_at, now()) FROM complaints_complaint complaint
 WHERE complaint.id = pause.complaint_id AND pause.granted IS NULL AND complaint.state NOT IN ('received', 'handling')"""


class Migration(migrations.Migration):

    dependencies = [
        ('complaints', '0001_initial'),
        ('people', '0003_delete_staffimport'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='accused',
            name='accused_once',
        ),
        migrations.RemoveConstraint(
            model_name='pause',
            name='one_open_pause_request',
        ),
        migrations.AddField(
            model_name='accused',
            name='withdrawn_at',
            field=models.DateTimeField(null=True, verbose_name='撤销时间'),
        ),
        migrations.AddField(
            model_name='accused',
            name='withdrawn_by',
            field=models.BigIntegerField(null=True, verbose_name='撤销人'),
        ),
        migrations.AddField(
            model_name='accused',
            name='withdrawn_label',
            field=models.CharField(blank=True, max_length=120, verbose_name='撤销人'),
        ),
        migrations.AddField(
            model_name='accused',
            name='withdrawn_reason',
            field=models.CharField(blank=True, max_length=500, verbose_name='撤销理由'),
        ),
        migrations.AddField(
            model_name='message',
            name='form_key',
            field=models.UUIDField(null=True, unique=True, verbose_name='表单'),
        ),
        migrations.AddField(
            model_name='pause',
            name='withdrawn_at',
            field=models.DateTimeField(null=True, verbose_name='撤回时间'),
        ),
        migrations.AddConstraint(
            model_name='accused',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at', None)), fields=('complaint', 'person'), name='accused_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='accused',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), models.Q(('withdrawn_by__isnull', False), models.Q(('withdrawn_label', ''), _negated=True), models.Q(('withdrawn_reason', ''), _negated=True)), _connector='OR'), name='a_withdrawn_accused_says_who_and_why'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('granted', None), ('withdrawn_at', None)), fields=('complaint',), name='one_open_pause_request'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at', None), ('granted', None), _connector='OR'), name='pause_decided_or_withdrawn'),
        ),
        migrations.RunSQL(OVER, migrations.RunSQL.noop),
    ]
