"""What people do with a post: they answer, and vote."""

from collections.abc import AsyncIterator

from msgspec.structs import replace

from reptidex.agents.agent import Unit, agent
from reptidex.agents.community.posts import digest, shown_post
from reptidex.agents.community.telling import notify
from reptidex.domain.suspicion import is_suspicious
from reptidex.errors import InvalidError
from reptidex.streams.commands.community_forum import CastVote, WriteReply
from reptidex.streams.community import CommunityInteractionReacted, CommunityInteractionReplied
from reptidex.streams.contract import Event
from reptidex.tables.community.forum import Post, Reply, Vote

VALUES = {"up": 1, "down": -1, "none": 0}


@agent(WriteReply, prefetch={Post: "post_id", Reply: lambda c: [c.reply_id, *filter(None, [c.parent_reply_id])]})
async def write_reply(command: WriteReply, unit: Unit) -> AsyncIterator[Event]:
    """Answer a post, or an answer to it, and tell the post's writer."""
    post = await shown_post(unit, command.post_id)
    if command.parent_reply_id is not None:
        parent = await unit.get(Reply, command.parent_reply_id)
        if parent is None or parent.post_id != post.post_id:
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


@agent(CastVote, prefetch={Post: "post_id", Vote: lambda c: [f"{c.post_id}:{c.user_id}"]})
async def cast_vote(command: CastVote, unit: Unit) -> AsyncIterator[Event]:
    """Count one vote a person and post."""
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
