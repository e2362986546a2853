//! What is asked for: verbs that read and verbs that write.

use super::Class::{Act, Ask};
use super::{Meaning, m};

pub(super) const MEANINGS: &[Meaning] = &[
    m(
        "show",
        Ask,
        "show, list, listing, get, display, find, see, fetch, tell, give me, give us, show me, \
         show us, tell me, tell us, list me, get me, send me, provide me, bring me, hand me, \
         let me see, let me know, let us see, can i see, look up, lookup, look at, look for, \
         looking for, search, search for, locate, print, return, retrieve, check, i need a list, \
         overview, view all, inspect, review, examine, enumerate, output, pull, pull up, \
         export, dump, open, browse, read out, present, i want to know, i want to see, \
         i would like to know, i would like to see, i'd like to know, i'd like to see, \
         inventory, audit, analyse, analyze, verify, compare, detect, identify, investigate",
    ),
    m(
        "which",
        Ask,
        "which, what, where, when, whats, what's, does, is, are, do, how, was, were, \
         any, is there, are there, has, have",
    ),
    m("who", Ask, "who, whom, whose, who else, who's, whos, who all, everybody who, everyone who"),
    m(
        "count",
        Ask,
        "how many, count, counts, number of, amount of, total number of, total, how much, \
         how big, how large, tally, quantity",
    ),
    m(
        "describe",
        Ask,
        "describe, description, explain, details, detail, detailed, info, infos, information, \
         properties, metadata, tell me about, summary of, summarize, summarise, what is in, \
         what's in, profile, about",
    ),
    m("resolve", Ask, "resolve, is meant by, meant by, meant, you mean, do you mean, stands for"),
    m(
        "create",
        Act,
        "create, creation, new, make a new, make me a new, invite, register, onboard, provision, \
         sign up, spin up, establish, open an account, initialize, start a new, construct, \
         build me a, build a new, start a blank, start an empty, set up a new, need an account, \
         needs an account, need a login, needs a login, new hire, new joiner, new starter, \
         newcomer",
    ),
    m(
        "add",
        Act,
        "add, put, append, insert, attach, include, assign, enroll, enrol, enlist, place, join, \
         add up, bring in, pull in, ingest",
    ),
    m(
        "delete",
        Act,
        "delete, deletion, drop, erase, get rid of, destroy, purge, wipe, kill, eliminate, trash, \
         throw away, throw out, nuke, blow away, terminate, scrap, discard, del, rm",
    ),
    m(
        "remove",
        Act,
        "remove, removal, take out, take away from, kick, kick out, unassign, offboard, exclude, \
         detach, out of, has left, left the company, leaves the company",
    ),
    m(
        "update",
        Act,
        "update, change, modify, alter, switch, adjust, edit user, correct, fix, amend, convert",
    ),
    m("make", Act, "make, turn, promote, demote, set, upgrade, downgrade, become, raise, lower"),
    m(
        "give",
        Act,
        "give, grant, let, allow, provide, permit, authorize, authorise, entitle, enable access, \
         be able to, should get, should be able to, should have, may now, give out",
    ),
    m(
        "share_with",
        Act,
        "share, publish to, expose, make available, open up, share out, available for, \
         available to, loop in, shr",
    ),
    m(
        "transfer",
        Act,
        "transfer, hand over, hand, handover, reassign, move, pass, pass on, take over, \
         should belong, belong now, switch over, give away, bequeath, relocate, ownership to, \
         new owner, owner to",
    ),
    m(
        "schedule",
        Act,
        "schedule, plan a build, plan, automate, timetable, automatically, automatic, regularly, \
         recurring, recurrent, periodic, periodically, scheduling, build plan, cron, \
         build schedule",
    ),
    m(
        "build",
        Act,
        "build, rebuild, re-build, deploy, publish, refresh, redeploy, reload, recompute, \
         run a build, start a build, trigger a build, kick off a build, start build, run build, \
         launch, trigger, kick off, full build, process, reprocess, building, rebuilding, recalculate, rerun, re-run, bring up to date, \
         fire off",
    ),
    m(
        "setup",
        Act,
        "set up, setup, set-up, in one go, all at once, at once, all in one, end to end",
    ),
    m("generate", Act, "generate, prepare, compose, draft, assemble, put together"),
    m(
        "migrate",
        Act,
        "migrate, migration, copy, clone, duplicate, port, replicate, bring over, copy over, \
         move over, carry over, take over to, mirror, sync, synchronize, synchronise, transport, \
         promote to, move to prod, transition, bring across, move across, copy across, lift",
    ),
    m("bring", Act, "bring, take, push, send, carry, get over"),
    m(
        "revoke",
        Act,
        "revoke, unshare, withdraw, deny, block, stop sharing, take away, no longer share",
    ),
    m("rename", Act, "rename, retitle"),
    m("reset", Act, "reset, restart, reboot, restore, undo, cancel, stop, abort"),
    m("load", Act, "import, upload, load, merge, replace, swap, exchange, overwrite"),
    m("activate", Act, "activate, deactivate, disable, enable, lock, unlock, suspend"),
];
