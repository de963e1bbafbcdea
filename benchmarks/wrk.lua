-- Sends the bearers of a file in turn, and looks at every answer.
-- Arguments: file of bearers, file of the right body, api-key.

local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  requests, place, wrong, example = {}, 0, 0, ""
  for bearer in io.lines(args[1]) do
    table.insert(requests, wrk.format("GET", "/multi/authentication_factors", {
      ["api-key"] = args[3],
      ["authorization"] = "Bearer " .. bearer,
    }))
  end
  local file = io.open(args[2], "rb")
  right = file:read("*a")
  file:close()
end

function request()
  place = place % #requests + 1
  return requests[place]
end

function response(status, headers, body)
  if status ~= 200 or body ~= right then
    wrong = wrong + 1
    example = status .. " " .. body
  end
end

function done(summary, latency, requests)
  local wrong, example = 0, ""
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("wrong")
    example = thread:get("example")
  end
  local lost = summary.errors
  io.write(string.format("\nRESULT %d %d %d %d %d %d %s\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    wrong, lost.connect + lost.read + lost.write + lost.timeout, example))
end
