# One image for every role: `serve --role gateway`, `worker`, `api`, or `all` in one process.
# Debian, because the embedded ClickHouse engine is built for glibc.
ARG NODE_IMAGE=node:20.20.2-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
    HEADWAY_HOST=0.0.0.0 \
    HEADWAY_PORT=8080 \
    HEADWAY_DATA_DIR=/data \
    HEADWAY_WORKSPACE=/workspace
WORKDIR /app
# Made here, so that a volume on it belongs to the user that the process runs as.
RUN mkdir /data && chown node:node /data
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/package.json ./
COPY --from=build /app/workspace /workspace
USER node
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=6 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEADWAY_PORT}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# An answer is thousands of small objects, let go of at once: with the usual 16 MB for young ones a third of its time is copying them.
ENTRYPOINT ["node", "--max-semi-space-size=64", "dist/services/cli.js"]
CMD ["serve"]
