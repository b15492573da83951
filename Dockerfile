# The image of a host: docker build -t ostler . (test/image reads this file to try the same files without an engine)
FROM node:26-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY .ci/build.ts .ci/
COPY runtime runtime
RUN npm run -s build

FROM node:26-slim
ENV NODE_ENV=production
# All that runs, of node_modules the bundler alone: everything else is bundled into dist/.
COPY package.json LICENSE /app/
COPY --from=build /src/dist/ostler.js /src/dist/errors.js /src/dist/guest.js /src/dist/index.js /app/dist/
COPY --from=build /src/node_modules/esbuild /app/node_modules/esbuild
COPY --from=build /src/node_modules/@esbuild /app/node_modules/@esbuild
# Config and handlers are mounted at /project/config and /project/handlers. With this file they are one project, beyond
# which no handler may import.
COPY config/deploy/project/package.json /project/
WORKDIR /project
# The base image's user "node", as a number: the kubelet cannot tell that a name is not root.
USER 1000:1000
EXPOSE 8787
# Without a shell, so that signals reach the host.
ENTRYPOINT ["node", "--disable-sigusr1", "--max-semi-space-size=2", "/app/dist/ostler.js"]
CMD ["run", "--listen", "0.0.0.0:8787"]
# The image has no curl. Kubernetes does not look at this; config/deploy has probes.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "-e", "fetch('http://127.0.0.1:8787/livez').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
