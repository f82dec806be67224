# Any image of Node 24 with npm; both stages stand on it.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
# npm names the bill of materials by the folder
WORKDIR /amazing-segmentation
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier
COPY src src
# without devDependencies in its manifest, the bill of materials is that of what is there
RUN npx tsc \
  && npm ci --omit=dev --ignore-scripts --no-audit --no-fund --prefer-offline \
  && npm pkg delete devDependencies \
  && npm sbom --sbom-format=cyclonedx --sbom-type=application > sbom.cdx.json \
  && find node_modules \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
  && rm -r dist/.tsbuildinfo src package-lock.json .npmrc tsconfig.json node_modules/.package-lock.json

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="segmentation" \
  org.opencontainers.image.description="Real-time customer segmentation: events in, segment changes out" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production
COPY --from=build /amazing-segmentation /app
COPY LICENSE README.md /app/
COPY schemas /app/schemas
COPY models /app/models
RUN ln -s /app/dist/main.js /usr/local/bin/segmentation \
  && chmod 755 /app/dist/main.js \
  && mkdir /data \
  && chown 10001:10001 /data
# numeric, so that Kubernetes sees that it is not root
USER 10001:10001
# relative paths lead here; the only other folder that is written to is /tmp
WORKDIR /data
ENTRYPOINT ["segmentation"]
CMD ["help"]
