"""What repti-community holds of a person."""

from reptidex.tables.community.forum import Post, Reply, Vote
from reptidex.tables.community.models import (
    Contact,
    Document,
    Follow,
    IndexState,
    Notification,
    Preference,
    SavedSearch,
)
from reptidex.tables.community.reviews import Rating, Reviewer
from reptidex.tables.personal import NOBODYS, Held, Personal

PERSONAL = Personal(
    held=(
        Held(row=Notification, by=("recipient_id",)),
        Held(row=Preference, by=("user_id",)),
        Held(row=Follow, by=("user_id",)),
        Held(row=SavedSearch, by=("user_id",)),
        Held(row=Contact, by=("user_id",), stays="that they are gone, so that they are told nothing more"),
        Held(
            row=Document,
            by=("document_id",),
            called=("breeder:{}",),
            stays="an empty entry that is not found, so that older news does not show it again",
        ),
        Held(row=Post, by=("author_id",), beside=("subject_id",), stays="its place in the thread, without words"),
        Held(row=Reply, by=("author_id",), stays="its place in the thread, without words"),
        Held(row=Vote, by=("user_id",)),
        Held(row=Reviewer, by=("user_id",), beside=("reviewer_id",)),
        Held(row=Rating, by=("rating_id",), called=("user:{}",), stays="how others rated them, whose reviews stay"),
    ),
    left_out={IndexState: NOBODYS},
)
