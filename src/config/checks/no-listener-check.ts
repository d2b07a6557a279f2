import { type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile, writtenFields } from '../read/profile.ts';
import { READINESS, REQUESTS_ONLY, WITHOUT_LISTENERS_ONLY } from '../schema/profile-schema.ts';
import { treeAt, valueSource } from '../source/yaml-tree.ts';

/** A bot without a port has no field about requests, and one with listeners none that says when a bot without is ready. */
export function checkWithoutListeners(profile: Profile): readonly Problem[] {
  const { config, invalidFields } = profile;
  if (config.url !== undefined || invalidFields.has('listeners')) return [];
  return Object.keys(config.listeners).length > 0
    ? besideListeners(profile)
    : [...aboutRequests(profile), ...secondReadiness(profile)];
}

/** A bot without a port becomes ready in one way. */
function secondReadiness(profile: Profile): readonly Problem[] {
  const fields = writtenFields(profile, READINESS);
  return fields
    .slice(1)
    .map((field) =>
      problemAt(
        fieldSource(profile, field),
        `'${field}' and '${fields[0]}' both say when the bot is ready; keep one of them`,
      ),
    );
}

function besideListeners(profile: Profile): readonly Problem[] {
  return writtenFields(profile, WITHOUT_LISTENERS_ONLY).map((field) =>
    problemAt(
      fieldSource(profile, field),
      `'${field}' is for a bot without a port; write listeners: none, or ${
        field === 'health'
          ? 'give the listener a path: listeners: { main: { health: /path } }'
          : 'remove it: a listener is ready once it answers its health probe'
      }`,
    ),
  );
}

function aboutRequests(profile: Profile): readonly Problem[] {
  const { config, invalidFields, tree } = profile;
  const isJob = config.run !== undefined;
  const beside = isJob ? 'run' : 'listeners: none';
  const what = isJob ? 'a job' : 'a bot without a port';
  const fields = REQUESTS_ONLY.filter((field) => {
    if (field === 'routes') return config.routes.length > 0;
    return treeAt(tree, [field]) !== undefined;
  }).map((field) =>
    problemAt(
      fieldSource(profile, field),
      `'${field}' cannot be used with ${beside}, since no request reaches ${what}; remove one of them`,
    ),
  );
  if (isJob || config.start !== 'on-demand' || invalidFields.has('start')) return fields;
  const message =
    'start: on-demand needs a listener, since only a request starts such a gateway; write always or manual';
  return [...fields, problemAt(valueSource(tree, ['start']), message)];
}
