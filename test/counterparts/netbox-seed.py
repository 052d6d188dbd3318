"""An address plan in NetBox's own models: 2,000 nested prefixes, two VRFs with the same addresses, tenants, a custom
field, and a token of each kind. Run by netbox.ts with NETBOX_ROOT set: seed.py V1_TOKEN V2_KEY V2_SECRET.

The tables are made from the models at once: NetBox's 300 migrations take five minutes and end in the same schema. What
migrations add besides (an extension, a collation, the triggers that keep paths of nested groups) is made here.
"""

import ipaddress
import sys

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from utilities.ltree import ltree_trigger_sql  # noqa: E402

settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
with connection.cursor() as cursor:
    cursor.execute('create extension ltree')
    cursor.execute("create collation natural_sort (provider = icu, locale = 'und-u-kn-true')")
call_command('migrate', run_syncdb=True, interactive=False, verbosity=0)
with connection.schema_editor() as editor:
    for statement in ltree_trigger_sql('tenancy_tenantgroup', 'name'):
        editor.execute(statement)

from django.contrib.contenttypes.models import ContentType  # noqa: E402
from extras.models import CustomField  # noqa: E402
from ipam.models import VRF, Prefix, Role  # noqa: E402
from tenancy.models import Tenant, TenantGroup  # noqa: E402
from users.models import Token, User  # noqa: E402

v1_token, v2_key, v2_secret = sys.argv[1:4]

user = User.objects.create_superuser('netcost', 'netcost@example.com', 'netcost')
Token(user=user, version=1, token=v1_token, write_enabled=False).save()
Token(user=user, version=2, key=v2_key, token=v2_secret, write_enabled=False).save()

for name in ('slack_channel', 'customer'):
    field = CustomField(name=name, type='text')
    field.save()
    field.object_types.set([ContentType.objects.get_for_model(Prefix)])

sales = TenantGroup(name='Sales', slug='sales')
sales.save()
tenants = []
for index in range(40):
    tenant = Tenant(name=f'team-{index:02d}', slug=f'team-{index:02d}', group=sales if index % 2 == 0 else None)
    tenant.save()
    tenants.append(tenant)
roles = []
for name in ('prod', 'dev'):
    role = Role(name=name, slug=name)
    role.save()
    roles.append(role)
vrfs = []
for name, rd in (('blue', '65000:1'), ('red', '65000:2')):
    vrf = VRF(name=name, rd=rd)
    vrf.save()
    vrfs.append(vrf)


def prefix(text, tenant, vrf=None, role=None, **custom):
    return Prefix(prefix=text, tenant=tenant, vrf=vrf, role=role, status='active', custom_field_data=custom)


rows = [prefix('10.0.0.0/8', None)]
# The same addresses in both VRFs, with other owners: 2 * (1 + 16 + 256) prefixes, three deep.
for number, vrf in enumerate(vrfs):
    rows.append(prefix('10.40.0.0/16', tenants[number], vrf, roles[0], slack_channel=f'#{vrf.name}', customer='acme'))
    for net in range(16):
        rows.append(prefix(f'10.40.{net * 16}.0/20', tenants[(number + 2 * net) % 40], vrf, roles[net % 2]))
        for sub in range(16):
            rows.append(prefix(f'10.40.{net * 16 + sub}.0/24', tenants[(number + 2 * sub) % 40], vrf, roles[sub % 2]))
# The rest in the global table: /16s with /20s with /24s, and IPv6.
rows.append(prefix('fd00:20::/56', tenants[5], None, roles[0]))
third = ipaddress.ip_network('10.64.0.0/10')
for net in third.subnets(new_prefix=16):
    if len(rows) >= 2000:
        break
    rows.append(prefix(str(net), tenants[len(rows) % 40], None, roles[0]))
    for sub in net.subnets(new_prefix=20):
        rows.append(prefix(str(sub), tenants[len(rows) % 40], None, roles[1]))
        for leaf in list(sub.subnets(new_prefix=24))[:4]:
            rows.append(prefix(str(leaf), tenants[len(rows) % 40], None, roles[0]))
rows = rows[:2000]
# Without an owner, and gone: netcost passes both over.
rows[-1].tenant = None
rows[-2].status = 'deprecated'
Prefix.objects.bulk_create(rows)
print(Prefix.objects.count(), 'prefixes')
