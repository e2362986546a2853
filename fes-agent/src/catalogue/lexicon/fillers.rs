//! Words without a meaning of their own.

use super::Class::Filler;
use super::{Meaning, m};

pub(super) const MEANINGS: &[Meaning] = &[m(
    "",
    Filler,
    "the, a, an, of, for, in, on, to, with, from, by, and, or, please, pls, plz, can, could, \
     would, will, shall, may, might, should, must, you, i, me, my, our, your, we, us, want, need, \
     like, had, be, been, being, it, its, this, that, these, those, there, their, them, they, am, \
     at, as, into, via, called, named, name, names, so, just, also, then, now, some, sisense, did, \
     if, not, no, s, one, currently, exist, exists, existing, available, only, per, out, under, \
     within, he, she, him, her, his, hers, up, but, ones, deployment, server, system, tenant, \
     against, first, last, top, latest, kind, too many, more than, too, most, least, ever, never, \
     yet, still, already, really, kindly, thanks, thank, hello, hi, hey, dear, quick, quickly, \
     asap, i'd, i'm, we'd, let's, lets, wish, wanna, gonna, help, possible, able, get to, than, \
     over, onto, behind, between, across, through, throughout, during, until, since, after, \
     before, because, while, here, again, once, other, another, others, same, such, own, more, \
     less, very, much, few, actually, exactly, maybe, perhaps, else, ok, okay, \
     something, anything, nothing, anywhere, nowhere, somewhere, somebody, whether, \
     environment, instance, application, app, portal, site, company, organisation, organization, \
     exact, given, specific, certain, particular, current, recent, old, go, going, goes, \
     come, comes, work, works, working, look like, looks, contain, contains, containing, exist in, \
     having, does have, do have, been given, used to, wants, needs, needed, needing, required, require, \
     don't, dont, doesn't, doesnt, isn't, isnt, aren't, arent, won't, can't, cannot, without, \
     except, including, includes, etc, e.g, i.e, named as, respectively, well, good, nice, \
     someone's, whoever, together, along, off, down, away, directly, simply, normal, usual, \
     connected, related, too, via the, both of, time, times, today, tomorrow, yesterday, way, \
     thing, things, stuff, case, part, parts, set of, collection, range, line, item, items",
)];
