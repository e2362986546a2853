//! What a request is about: things, what they have, roles, and what a share allows.

use super::Class::{Aspect, Role, Rule, Thing};
use super::{Meaning, m};

pub(super) const MEANINGS: &[Meaning] = &[
    m(
        "user",
        Thing,
        "user, users, usr, usrs, person, people, persons, account, accounts, colleague, \
         colleagues, coworker, coworkers, someone, everybody, everyone, anyone, anybody, login, \
         logins, log in, log-in, staff, employee, employees, human, humans, folks, guy, guys, \
         consultant, consultants, mate, username, usernames, user name, user names, user account, \
         user accounts, staff member, staff members, team member, team members, teammate, \
         teammates, members of staff, member of staff, user list, signed up, registered, \
         access to sisense, access to our sisense, access to the system, log into, sign in, \
         can log in",
    ),
    m(
        "member",
        Aspect,
        "member, members, membership, memberships, belong, belongs, inside, consists",
    ),
    m(
        "group",
        Thing,
        "group, groups, grp, grps, team, teams, usergroup, usergroups, user group, user groups, \
         user-group, user-groups, squad, department, departments",
    ),
    m(
        "dashboard",
        Thing,
        "dashboard, dashboards, dash, dashes, report, reports, board, boards, dashb, dashbrd",
    ),
    m(
        "datamodel",
        Thing,
        "data model, data models, datamodel, datamodels, data-model, data-models, model, models, \
         cube, cubes, elasticube, elasticubes, elastic cube, elastic cubes, elasti cube, e-cube, \
         ecube, ecubes, ecm, ecms, semantic model, semantic models, data cube, data cubes, \
         ecs, ec, smodel",
    ),
    m("folder", Thing, "folder, folders, directory, directories, subfolder, subfolders"),
    m(
        "connection",
        Thing,
        "connection, connections, conn, connector, connectors, data connection, data connections, \
         connect, connecting, conns",
    ),
    m(
        "datasource",
        Aspect,
        "data source, data sources, datasource, datasources, redshift, snowflake, bigquery, \
         athena, postgres, postgresql, mysql, oracle, sql server, mssql, databricks, mongodb, \
         teradata, vertica, db2, mariadb, synapse, clickhouse, presto, trino, sap hana, \
         source system",
    ),
    m(
        "payload",
        Aspect,
        "payload, payloads, connection json, request body, parameters, settings, params",
    ),
    m("dataset", Thing, "dataset, datasets, data set, data sets"),
    m("table", Thing, "table, tables, tbl, tbls"),
    m("widget", Thing, "widget, widgets, chart, charts, wdgt, visual, visuals, tile, tiles"),
    m("database", Thing, "database, databases"),
    m("pivot", Thing, "pivot, pivots, pivot table, pivot tables, pivot widget, pivot widgets"),
    m("tabber", Thing, "tabber, tabbers, tabs, tab"),
    m("accordion", Thing, "accordion, accordions"),
    m(
        "jump",
        Thing,
        "jump, jumps, jump to dashboard, jumps to dashboards, jtd, jump to dashboards, drill to, \
         links to other dashboards",
    ),
    m(
        "island",
        Thing,
        "island, islands, island table, island tables, orphan tables, orphan table, \
         orphaned tables, lonely tables, lonely, unconnected, isolated, unrelated, disconnected, \
         unlinked, standalone, not connected, not linked, not joined, not related, \
         without relation, without relations, without relationship, without relationships, \
         without join, without joins, without any relation, without any relations, \
         without connection to, no relation, no relations, no relationship, no relationships, \
         no join, no joins, unjoined, aren't linked, aren't connected, aren't joined, \
         isn't connected, without any join, without any joins, with no join, with no joins, \
         no foreign key, no foreign keys, not part of any join, connected to nothing, linked to nothing, not linked to anything",
    ),
    m(
        "custom table",
        Thing,
        "custom table, custom tables, custom sql, custom sql table, custom sql tables, \
         customtable, customtables, sql custom tables, sql custom table, sql table, sql tables, \
         calculated table, calculated tables, derived table, derived tables",
    ),
    m(
        "import query",
        Thing,
        "import query, import queries, importquery, custom import query, import sql, \
         custom import, importqueries, import statement, import statements, \
         custom import queries, load query, load queries, select on import, query on import, \
         sql on import, query at import, loaded by a query, loaded with a query, \
         loaded through a query, loaded via a query, imported by a query, imported with a query, \
         imported through a query, imported via a query, filled by a query",
    ),
    m(
        "m2m",
        Thing,
        "m2m, many-to-many, many to many, many-many, n:m, n-to-m, n to m, m:n, m:m, n:n, \
         manytomany, many2many, many to many relation, many:many, n-n, n-m, fan-out, fan out, not unique on both sides, \
         duplicates on both sides",
    ),
    m("union", Thing, "union, unions, union all"),
    m(
        "wellcheck",
        Aspect,
        "wellcheck, wellchecks, well-check, well-checks, well check, well checks, health check, \
         health-check, healthcheck, health checks, all checks, every check, check-up, checkup, \
         full check, complete check, check everything, all the checks, full audit, health, \
         health report, overall check, diagnostics, diagnose, sanity check, run checks, \
         quality check, best practice, best practices, best-practice, audit everything, audit all, \
         scan everything, full scan, health scan, check-ups, health audit",
    ),
    m(
        "column",
        Aspect,
        "column, columns, col, cols, field, fields, attribute, attributes, dimension, dimensions, \
         data field, data fields, column list, measure, measures",
    ),
    m(
        "unused",
        Aspect,
        "unused, not used, never used, unneeded, nobody uses, no one uses, not in use, \
         can be dropped, can be deleted, can be removed, used nowhere, superfluous, isn't used, \
         aren't used, not being used, dead, not needed, no longer needed, no longer used, \
         unnecessary, obsolete, redundant, useless, unreferenced, not referenced, clean up, \
         cleanup, clean-up, tidy up, can i drop, can i delete, can i remove, can we drop, \
         can we delete, can we remove, safe to drop, safe to delete, safe to remove, \
         safely drop, safely delete, safely remove, safely be deleted, safely be removed, \
         safely be dropped, nothing uses, without use, stale, waste, unutilized, unutilised, \
         i can drop, i can delete, i can remove, we can drop, we can delete, we can remove",
    ),
    m(
        "used",
        Aspect,
        "used, use, uses, using, references, referenced, based on, built on, relies on, rely on, \
         depends on, depend on, in use, consumes, touch, touches, usage",
    ),
    m(
        "shared",
        Aspect,
        "shares, shared, access, permission, permissions, sharing, shared with, allowed, rights, \
         right, access rights, access list, can open, can see, can view, can edit, can access, \
         can use, can query, can read, may open, may see, may view, may edit, may access, may use, \
         may query, may read, could open, could see, able to see, able to open, able to view, \
         able to edit, able to use, able to query, able to access, is able to see, see, \
         has access, have access, has access to, have access to, recipients, privileges, \
         privilege, acl, visibility, visible, visible to, audience, is allowed to, are allowed to, \
         allowed to see, allowed to open, allowed to use, shared to, entitled, viewable, \
         accessible, share list",
    ),
    m(
        "owner",
        Aspect,
        "ownership, owner, owners, owned, owns, own, belongs to, belong to, possession",
    ),
    m(
        "security",
        Aspect,
        "row level security, row-level security, row level, row-level, rowlevel security, \
         row security, data security, datasecurity, data-security, rls, security, \
         security rule, security rules, restricted, secured, restriction, restrictions, \
         data restriction, data restrictions, protected, row based security, security column, \
         security columns, security fields, datasec",
    ),
    m("rule", Aspect, "rule, rules"),
    m(
        "schema",
        Aspect,
        "schema, schemas, structure, data types, data type, datatype, datatypes, types, type, \
         schemata, layout, typed, numeric, numbers, text, textual, integer, integers, varchar, \
         definition",
    ),
    m(
        "rowcount",
        Aspect,
        "row count, row counts, rowcount, rowcounts, number of rows, how many rows, \
         number of records, how many records, record count, record counts, records count, \
         count rows, count of rows, count the rows, count the records, count records, most rows, \
         size in rows, how big are the tables, how large are the tables, size of the tables, \
         size of each table, table sizes, number of lines, how many lines, in rows, row totals, total rows, \
         amount of rows, amount of records",
    ),
    m("row", Aspect, "rows, row, lines"),
    m(
        "data",
        Aspect,
        "data, values, records, record, sample, samples, content, contents, preview, \
         value, entries, sample rows, sample records, first rows",
    ),
    m("sql", Aspect, "sql, select, sql query, sql queries, sql statement, a query"),
    m("script", Aspect, "script, scripts, javascript, js, java script, code, snippet"),
    m("role", Aspect, "role, roles, permission level, permissions level, user type"),
    m(
        "relation",
        Aspect,
        "relation, relations, relationship, relationships, join, joins, links between tables, \
         joined, foreign key, foreign keys, table links",
    ),
    m("id", Aspect, "id, ids, identifier, identifiers, oid, oids, guid, object id, unique id, uid"),
    m("title", Aspect, "title, titled, titles"),
    m("filter", Aspect, "filter, filters, fltr"),
    m(
        "interval",
        Aspect,
        "daily, weekly, hourly, nightly, weekdays, weekday, weekend, monthly, hour, hours, minute, \
         minutes, night, nights, midnight, noon, morning, mornings, evening, week, weeks, day, \
         days, monday, tuesday, wednesday, thursday, friday, saturday, sunday, mondays, fridays, \
         mon, tue, tues, wed, thu, thurs, fri, sat, sun, am, pm, workday, workdays, o'clock",
    ),
    m(
        "raw",
        Aspect,
        "raw, nested, json, full detail, full details, in full, complete json, full description, \
         complete description, detailed description, everything about, in all detail, \
         every detail, all details, all detail, in depth, full json, full information, full info, \
         complete info, complete information, complete details, deep, verbose",
    ),
    m("full", Aspect, "full, complete, whole"),
    m("by id", Aspect, "by id, with id, with the id, by its id"),
    m("reference", Aspect, "reference, ref"),
    m(
        "physical",
        Aspect,
        "physical, source, source table, source tables, physical table, database table, \
         database tables, db table, underlying table, source database, warehouse table",
    ),
    m("bulk", Aspect, "bulk, several, both, multiple, two, three, many, various"),
    m("all", Aspect, "all, each, every, entire, everything, al, across all, overall"),
    m(
        "elsewhere",
        Aspect,
        "target, the target, production, prod, staging, destination, the destination, uat, \
         from dev, from test, to the new one, to the other one, the other one, counterpart, \
         counterparts, over there",
    ),
    m("size", Aspect, "size, sizes, big, bigger, biggest, large, larger, largest, mb, gb, storage"),
    m("status", Aspect, "status, state, failed, running, stopped"),
    m(
        "last build",
        Aspect,
        "built, last build, last built, build time, build times, last builds, \
         builds, up to date, last refreshed, last refresh, last updated",
    ),
    m(
        "active",
        Aspect,
        "active, inactive, activated, dormant, never logged in, last login, \
         last log in, logged in, log on",
    ),
    m(
        "missing",
        Aspect,
        "missing, gone, deleted, broken, not exist, do not exist, \
         does not exist, don't exist, doesn't exist, no longer exist, no longer exists, \
         not exist any more, nonexistent, anymore exist",
    ),
    m("empty", Aspect, "empty, no users, no user, without users, no members, without members"),
    m(
        "unshared",
        Aspect,
        "not shared, aren't shared, isn't shared, unshared, shared with nobody, \
         shared with no one",
    ),
    m("viewer", Role, "viewer, viewers, consumer, consumers"),
    m(
        "designer",
        Role,
        "designer, designers, dashboard designer, dashboard designers, contributor, contributors",
    ),
    m("dataDesigner", Role, "data designer, data designers, datadesigner, data-designer"),
    m("dataAdmin", Role, "data admin, data admins, dataadmin, data administrator, data-admin"),
    m(
        "sysAdmin",
        Role,
        "sys admin, system admin, sysadmin, super user, superuser, sys admins, system admins, \
         sysadmins, system administrator, system administrators",
    ),
    m("admin", Role, "admin, admins, administrator, administrators"),
    m(
        "view",
        Rule,
        "view, viewing, read, read-only, look, reading, readonly, read only, view access, \
         view rights, read access, view-only, view only, read rights, viewer access, \
         viewing rights",
    ),
    m(
        "edit",
        Rule,
        "edit, editing, editor, editors, write, writing, edit access, edit rights, edit right, \
         write access, edit permission, edit permissions, editing rights",
    ),
    m("use", Rule, "query, querying, use access"),
];
