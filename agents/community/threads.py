"""What people do with a post: they answer, and vote."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.people import check_here
from reptidex.agents.community.posts import DECIDED, digest, shown_post
from reptidex.agents.community.telling import notify
from reptidex.domain.suspicion import is_suspicious
from reptidex.errors import InvalidError, NotFoundError
from reptidex.streams.commands.community_forum import CastVote, ModerateReply, RemoveReply, WriteReply
from reptidex.streams.community import CommunityInteractionReacted, CommunityInteractionReplied
from reptidex.streams.contract import Event
from reptidex.streams.ops import AdminModerationDecided
from reptidex.tables.community.forum import Post, Reply, Vote
from reptidex.tables.community.models import Contact

VALUES = {"up": 1, "down": -1, "none": 0}


@agent(
    WriteReply,
    prefetch={
        Post: "post_id",
        Reply: lambda c: [c.reply_id, *filter(None, [c.parent_reply_id])],
        Contact: "author_id",
    },
)
async def write_reply(command: WriteReply, unit: Unit) -> AsyncIterator[Event]:
    """Answer a post, or an answer to it, and tell the post's writer."""
    await check_here(unit, command.author_id)
    post = await shown_post(unit, command.post_id)
    if command.parent_reply_id is not None:
        parent = await unit.get(Reply, command.parent_reply_id)
        if parent is None or parent.post_id != post.post_id or parent.status != "shown":
            raise InvalidError("the answer that this one follows does not stand under this post", "/parent_reply_id")
    reply = Reply(
        reply_id=command.reply_id,
        post_id=post.post_id,
        parent_reply_id=command.parent_reply_id,
        author_id=command.author_id,
        text=command.text,
        suspicious=is_suspicious(command.text),
        written_at=unit.now,
    )
    post = replace(post, replies=post.replies + 1)
    unit.put(reply)
    unit.put(post)
    unit.answer(reply)
    yield CommunityInteractionReplied(
        post_id=post.post_id,
        reply_id=reply.reply_id,
        user_id=reply.author_id,
        author_id=post.author_id,
        parent_reply_id=reply.parent_reply_id,
        digest=digest(reply.text),
        replies=post.replies,
        suspicious=reply.suspicious,
    )
    if reply.author_id != post.author_id:
        facts = {"title": post.title, "post_id": post.post_id}
        for said in await notify(unit, [post.author_id], "post.replied", facts):
            yield said


@agent(RemoveReply, prefetch={Post: "post_id", Reply: "reply_id"})
async def remove_reply(command: RemoveReply, unit: Unit) -> None:
    """Take one's own answer back: its words are gone, and its place stays."""
    post = await shown_post(unit, command.post_id)
    reply = await unit.get(Reply, command.reply_id)
    found = reply is not None and reply.post_id == post.post_id and reply.status == "shown"
    if reply is None or not found or reply.author_id != command.author_id:
        raise NotFoundError("reply", command.reply_id)
    unit.put(replace(reply, status="removed", text=""))


@agent(AdminModerationDecided, prefetch={Reply: "subject_id"})
async def have_reply_moderated(event: AdminModerationDecided, unit: Unit) -> None:
    """Hand a moderator's decision about an answer to the one who writes its thread."""
    status = DECIDED.get(event.decision)
    reply = await unit.get(Reply, event.subject_id)
    if event.subject_kind in ("post", "message") and reply is not None and status is not None:
        moderate = ModerateReply(post_id=reply.post_id, reply_id=reply.reply_id, status=status)
        unit.timer(f"reply/{reply.reply_id}/moderate", unit.now, moderate)


@agent(ModerateReply, prefetch={Reply: "reply_id"})
async def moderate_reply(command: ModerateReply, unit: Unit) -> None:
    """Hide, remove or show an answer as a moderator decided; what is gone stays gone."""
    reply = await unit.get(Reply, command.reply_id)
    if reply is None or reply.status not in ("shown", "hidden"):
        return
    unit.put(replace(reply, status=command.status, text="" if command.status == "removed" else reply.text))


@agent(CastVote, prefetch={Post: "post_id", Vote: lambda c: [f"{c.post_id}:{c.user_id}"], Contact: "user_id"})
async def cast_vote(command: CastVote, unit: Unit) -> AsyncIterator[Event]:
    """Count one vote a person and post."""
    await check_here(unit, command.user_id)
    post = await shown_post(unit, command.post_id)
    if post.author_id == command.user_id:
        raise InvalidError("nobody votes on their own post")
    key, value = f"{command.post_id}:{command.user_id}", VALUES[command.reaction]
    known = await unit.get(Vote, key)
    before = known.value if known else 0
    if value == before:
        unit.answer(post)
        return
    if value:
        unit.put(Vote(vote_id=key, post_id=post.post_id, user_id=command.user_id, value=value))
    else:
        unit.delete(Vote, key)
    post = replace(post, score=post.score + value - before)
    unit.put(post)
    unit.answer(post)
    yield CommunityInteractionReacted(
        post_id=post.post_id,
        user_id=command.user_id,
        author_id=post.author_id,
        reaction=command.reaction,
        score=post.score,
    )
