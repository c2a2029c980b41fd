# The `gavel` program: every role and the command line. The legacy builder and BuildKit both take this file.
#
# The base is pinned by its tag. A digest pins it harder: look one up with `docker buildx imagetools inspect` and build with
# --build-arg NODE_IMAGE=node:20.20.2-bookworm-slim@sha256:... (where this file was written, no registry could be asked).
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY tsconfig.json tsconfig.build.json ./
COPY proto proto
COPY src src
COPY bbs bbs
COPY cells cells
RUN node_modules/.bin/tsc -p tsconfig.build.json && cp -R proto dist/proto && chmod 755 dist/src/main.js
# What runs needs no compiler and no test tools.
RUN npm prune --omit=dev --no-audit --no-fund --loglevel=error

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="gavel" \
      org.opencontainers.image.description="A container task runtime" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
# Numeric, so that Kubernetes' runAsNonRoot can see it, and no user of the base's /etc/passwd is needed. A cell also needs the
# group of the engine's socket: docker run --group-add "$(stat -c %g /var/run/docker.sock)".
RUN ln -s /app/dist/src/main.js /usr/local/bin/gavel && mkdir -p /var/lib/gavel && chown 10001:10001 /var/lib/gavel
USER 10001:10001
VOLUME /var/lib/gavel
# The program takes SIGTERM itself and ends within 10 s; as pid 1 it has no children of its own to reap.
# Young objects get twice node's usual room: the newest 20,000 events are kept for readers, so most of what a commit makes outlives a small
# young generation, and a BBS under load spent a sixth of its CPU on copying it. Costs up to 50 MB. One thread copies: the helpers of that work, beside
# a store and other roles that want the cores, cost a BBS 3 to 8 % of its CPU (docs/performance.md).
ENTRYPOINT ["node", "--max-semi-space-size=32", "--no-parallel-scavenge", "/app/dist/src/main.js"]
CMD ["--help"]
