# The same files as `npm run image` puts into its archive, for those who have a container engine:
#   docker build -t REGISTRY/evercert:0.1.0 .
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /evercert
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY LICENSE tsconfig.json ./
COPY build build
COPY src src
RUN node_modules/.bin/node build/image/main.ts --root /image

FROM scratch
COPY --from=build /image/ /
LABEL org.opencontainers.image.title="Evercert" \
      org.opencontainers.image.description="Keeps TLS certificates on Kubernetes valid, and served." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/evercert/evercert" \
      org.opencontainers.image.version="0.1.0"
ENV NODE_ENV=production PATH=/usr/local/bin
WORKDIR /app
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node", "--enable-source-maps", "/app/evercert.mjs"]
