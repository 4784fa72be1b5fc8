# syntax=docker/dockerfile:1

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf src build/.tsbuildinfo* tsconfig*.json package-lock.json .npmrc \
 && mkdir /data

FROM node:24-slim
LABEL org.opencontainers.image.title="Rollcall" \
      org.opencontainers.image.description="A standalone inbound SCIM 2.0 server" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data
WORKDIR /app
# Owned by root: the server needs to write nowhere but /data.
COPY --from=build /app ./
COPY --from=build --chown=node:node /data /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form, so that SIGTERM reaches the server.
ENTRYPOINT ["node", "--max-semi-space-size=8", "--heap-growing-percent=100", "build/src/main.js"]
