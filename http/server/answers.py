"""The status of a command whose outcome was not known before its request's deadline."""

from reptidex.http.server.policy import public
from reptidex.http.server.routes import Request, Routes
from reptidex.tables.answers import CommandStatus

routes = Routes("answers")


@routes.get("/answers/{command_id}", policy=public(), errors=(404,))
async def get_answer(request: Request[None, None]) -> CommandStatus:
    """Tell how a request that was answered 202 has ended.

    Only who asked is told; others get the 404 of an unknown id.
    """
    return await request.outcome(request.path["command_id"])
