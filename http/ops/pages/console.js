const element = (tag, text, style) => {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (style) made.className = style;
  return made;
};

const table = (title, heads, rows) => {
  const made = element("table"), head = element("tr");
  made.append(element("caption", title));
  for (const name of heads) { const cell = element("th", name); cell.scope = "col"; head.append(cell); }
  made.append(head);
  for (const row of rows) { const line = element("tr"); line.append(...row.map((text) => element("td", text))); made.append(line); }
  return made;
};

const hours = (time) => new Date(time).toLocaleString();

const dashboard = (found) => {
  const dependencies = (each) => Object.entries(each.dependencies).map(([name, ms]) => name + (ms < 0 ? " down" : " " + ms + " ms"));
  return [
    element("p", `${found.users} users, ${found.vivariums} vivariums, ${found.open_cases} open cases of moderation`),
    table("Services", ["service", "status", "since", "depends on"],
      found.services.map((each) => [each.service, each.status, hours(each.since), dependencies(each).join(", ")])),
    found.alerts.length
      ? table("Alerts", ["service", "severity", "rule", "since", "detail"],
          found.alerts.map((each) => [each.service, each.severity, each.rule, hours(each.since), each.detail]))
      : element("p", "no alert is raised"),
  ];
};

const chain = (found) => {
  const nodes = {}, root = element("ul"), began = new Date(found.began);
  for (const event of found.events) {
    const node = nodes[event.event_id] = element("li"), after = new Date(event.at) - began;
    node.append(element("span", event.service.replace("repti-", ""), "service"), ` ${event.name} `,
      element("span", `+${after} ms ${event.subject}`, "when"));
  }
  for (const event of found.events) {
    const cause = nodes[event.causation_id];
    if (cause && !cause.branch) cause.append(cause.branch = element("ul"));
    (cause ? cause.branch : root).append(nodes[event.event_id]);
  }
  return [element("p", `${found.events.length} events in ${found.services.length} services`), root];
};

const answer = (form, path, draw) => document.getElementById(form).addEventListener("submit", async (event) => {
  event.preventDefault();
  const [said, shown] = event.target.parentElement.querySelectorAll("[role=alert], [aria-live]");
  said.textContent = "";
  shown.replaceChildren();
  try {
    const token = document.getElementById("token").value.trim();
    const response = await fetch(path(), {headers: token ? {Authorization: `Bearer ${token}`} : {}});
    const body = await response.json();
    if (response.ok) shown.append(...draw(body));
    else said.textContent = body.detail ? `${body.title}: ${body.detail}` : body.title;
  } catch (problem) {
    said.textContent = `repti-ops does not answer: ${problem.message}`;
  }
});

answer("dashboard", () => "/admin/dashboard", dashboard);
answer("chain", () => "/audit/chains/" + encodeURIComponent(document.getElementById("request").value.trim()), chain);
