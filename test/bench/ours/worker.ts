import { createInterface } from 'node:readline';
import type { Measures, Request } from '../lineWorker.ts';
import { epoch, type EpochRequest } from './epoch.ts';
import { growth, type GrowthRequest } from './growth.ts';
import { predict, type PredictRequest } from './predict.ts';
import { steps, type StepsRequest } from './steps.ts';
import { svd, type SvdRequest } from './svd.ts';

/** Serves requests as peers/worker.py does. */
const tasks: Readonly<Record<string, (request: never) => Measures | Promise<Measures>>> = {
  epoch: (request: EpochRequest) => epoch(request),
  predict: (request: PredictRequest) => predict(request),
  svd: (request: SvdRequest) => svd(request),
  steps: (request: StepsRequest) => steps(request),
  growth: (request: GrowthRequest) => growth(request),
};

async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    const task = tasks[request.run];
    if (task === undefined) throw new Error(`No task '${request.run}'.`);
    process.stdout.write(JSON.stringify(await task(request as never)) + '\n');
  }
}

void serve();
